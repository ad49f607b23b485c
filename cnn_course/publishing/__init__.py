"""What is made from the notebooks: editions, decks, a table of exercises.

Each is a command, such as `python -m cnn_course.publishing.editions`; `saving` serves
JupyterLab whenever a notebook is saved. Nothing is loaded here: that server wants no
torch.
"""
