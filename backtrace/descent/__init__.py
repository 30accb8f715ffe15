"""Gradient descent: the update rule, step by step.

A program is prepared once (`prepared`), and then walked: loss, gradients, update, and again. What
is asked for comes in as `Asked`, is judged once (`settings`), and goes with the program and its
values as a `Task` to whoever runs it: `descend`, the check against torch.optim, a replay.
"""
