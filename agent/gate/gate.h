/* The one way in: TCP accept with limits, `sshd -i` for each connection, the socket for `authorize`, the loopback listener for
 * the channels, and the keeper that ends them all with the agent (design: the tunnel). */
#ifndef PHIGATE_AGENT_GATE_H
#define PHIGATE_AGENT_GATE_H

#include "agent.h"
#include "buf.h"

#define GATE_ID_LEN 32                           /* an SSH connection's random name */

/* agent->keeper, ssh_listener and identity must be there; nothing is accepted before. */
enum rc gate_start(struct agent *agent, struct gate **out, struct why *why) MUST_USE;

/* End all SSH connections at once and take no new ones; their channels close with them. */
void gate_end_all(struct gate *gate);

/* The same, then wait for the channels' threads and free. RC_TIMEOUT: one still runs; then nothing may be freed. NULL is allowed. */
enum rc gate_stop(struct gate *gate) MUST_USE;

/* The SSH connection that this key logged in on: the one named id when the key is its own, else the key's latest. Fills the
 * client's address ("203.0.113.9:51022") and the connection's own id. RC_NOT_FOUND. */
enum rc gate_login(struct gate *gate, struct slice key_der, struct slice id, char address[64], char own_id[GATE_ID_LEN + 1]);

/* End that SSH connection (a revoked session). */
void gate_end(struct gate *gate, const char *id);

/* SHA256:… of the host key, as ssh-keygen -l prints it. */
const char *gate_host_key_fingerprint(const struct gate *gate);

void gate_metrics(struct gate *gate);                    /* sets those that are looked at, see metrics.h */

#endif
