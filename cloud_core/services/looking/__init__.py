"""Questions that change nothing: status, history, logs, outputs, plans, exports, doubts."""
