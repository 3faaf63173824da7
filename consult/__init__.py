"""Document consultation and feedback: many edited Word copies become one."""
