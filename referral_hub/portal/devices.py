"""Which browser on which system: two words by which somebody tells her own sessions apart, nothing to trace her by."""

#: Words of a user agent string, the telling ones first (every Edge also says Chrome, every Chrome also says Safari).
BROWSERS = {
    **{"coc_coc_browser": "Cốc Cốc", "Edg": "Edge", "OPR/": "Opera", "SamsungBrowser": "Samsung Internet"},
    **{"Firefox": "Firefox", "FxiOS": "Firefox", "CriOS": "Chrome", "Chrom": "Chrome", "Safari": "Safari"},
}
SYSTEMS = {
    **{"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows"},
    **{"Macintosh": "Mac", "CrOS": "Chromebook", "Linux": "Linux"},
}


def device_of(user_agent: str) -> str | None:
    """``Chrome, Android``; None when neither is known."""
    browser = next((name for word, name in BROWSERS.items() if word in user_agent), None)
    system = next((name for word, name in SYSTEMS.items() if word in user_agent), None)
    return ", ".join(filter(None, (browser, system))) or None
