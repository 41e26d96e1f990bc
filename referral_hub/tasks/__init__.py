"""What somebody still has to do about a case: one list for every kind of task, within and between agencies."""
