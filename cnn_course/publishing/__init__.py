"""What is made from the notebooks: editions, decks, a table of exercises.

Each is a command, such as `python -m cnn_course.publishing.editions`; `server` is an
extension of Jupyter's server. Nothing is loaded here: that server wants no torch.
"""
