"""Answers as a terminal shows them: tables with bars where somebody looks, plain words where a program reads."""
