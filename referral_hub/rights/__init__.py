"""The rights desk: what people ask about data, and until when they have an answer."""
