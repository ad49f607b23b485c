"""What is made from the notebooks: editions, decks, pages, a table of exercises.

Each is a command, such as `python -m cnn_course.publishing.editions`; `reading` takes
notebooks as any tool left them, `updating` keeps what students did in an edition, and
`server` is an extension of Jupyter's server and of nbconvert.
Nothing is loaded here: that server wants no torch.
"""
