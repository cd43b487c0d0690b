"""CloudWatch: metrics are kept, alarms evaluated, their actions done."""
