/* What a notice says: as JSON of Standard Webhooks, and as a sentence for Slack-compatible endpoints. Pure. */
#ifndef PHIGATE_AGENT_NOTICE_TEXT_H
#define PHIGATE_AGENT_NOTICE_TEXT_H

#include "notice.h"

/* {"type":"hold.created","timestamp":"…","data":{"agent",…}}: the members of the notice that apply. */
enum rc notice_text_standard(const struct notice *notice, const char *agent, int64_t wall_s, struct buf *out);

/* {"text":"…"}, with &, < and > as Slack wants them, so that no name can mention a channel. */
enum rc notice_text_slack(const struct notice *notice, const char *agent, struct buf *out);

#endif
