"""Reports of measurements: text made of figures, for people and for programs. Writes no file but a
chart's and the action's.

    result      what is reported: Report, SubjectInfo, Absolute, Measurement
    document    a report as JSON with every raw slice, and back; schema has its JSON Schema
    figures     the words and numbers that the table, Markdown and the chart share
    text        the table on a terminal
    markdown    a pull request's comment, the summary of a CI job
    action      the lists that github-action-benchmark reads
    chart       the chart as SVG or PNG: forest (ratios with their intervals) or curve (latency by
                percentile), drawn on canvas (matplotlib)

Nothing here measures or decides. What intervals do not separate is never ranked.
"""
