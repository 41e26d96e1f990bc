"""The interagency regulation as data: model, conditions, calendar, deadlines, need-to-know, validator."""
