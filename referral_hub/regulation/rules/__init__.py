"""Rules that hold between the parts of a regulation file, each a function of the plain data and the file's name.

They run on files whose shapes are sound; a code that stands in no list has been told already and is passed over here.
"""
