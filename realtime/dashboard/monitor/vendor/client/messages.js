/** What travels over the socket; docs/realtime.md describes it. Fields that are not listed here may come, too. */
export {};
