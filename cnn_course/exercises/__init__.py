"""The exercises of the course: answers are checked at once, wrong ones by name."""

from cnn_course.exercises.calls import check, hint, predict, predictions, progress
from cnn_course.exercises.entries import EXERCISES, PREDICTIONS
from cnn_course.exercises.entries.patients import diagnose, patient, train_patient
