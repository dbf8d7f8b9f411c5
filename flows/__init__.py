"""Prefect flows: read the plan, submit a task a stack, report. What a stack is and does is the services' business."""
