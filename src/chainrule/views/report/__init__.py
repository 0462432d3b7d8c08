"""The report of a network: one HTML file that shows how well it does, for any browser, offline and without scripts."""

from chainrule.views.report.contents import Run as Run
from chainrule.views.report.contents import check_report_path as check_report_path
from chainrule.views.report.contents import write_report as write_report
