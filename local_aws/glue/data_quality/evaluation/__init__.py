"""What the rules of a ruleset find in a table.

How AWS evaluates them is in its developer guide (dqdl.html, dqdl-rule-types-*.html) and, where that is silent, in the
open-source engine that AWS keeps compatible with it: https://github.com/awslabs/deequ, package com.amazon.deequ.dqdl.
"""
