/* SSH connections: each is one accepted TCP connection with a `sshd -i` of its own. A connection waits for its login, then is
 * logged in with one key, until its sshd ends or is ended. Thread-safe. */
#ifndef PHIGATE_AGENT_GATE_SSH_H
#define PHIGATE_AGENT_GATE_SSH_H

#include "gate.h"
#include "keeper.h"
#include "sshd_config.h"

#define GATE_SSH_WAITING_MAX 64                  /* connections that wait for login */
#define GATE_SSH_WAITING_PER_ORIGIN 8
#define GATE_SSH_LOGIN_S 15
#define GATE_SSH_ANSWERS 4                       /* answers to authorize on one connection */

struct gate_ssh_options {
	int listener;                            /* bound; borrowed */
	struct keeper *keeper;                   /* borrowed */
	struct sshd_settings sshd;               /* the texts are borrowed */
	int64_t connections_max, starts_per_minute;
};

struct gate_ssh;
enum rc gate_ssh_new(const struct gate_ssh_options *options, struct gate_ssh **out, struct why *why) MUST_USE;
enum rc gate_ssh_start(struct gate_ssh *ssh, struct why *why) MUST_USE;      /* listen and accept */
void gate_ssh_end_all(struct gate_ssh *ssh);             /* accept no more, end every sshd */

/* Accept no more, end those that are not logged in, and give the others wait_ns to hang up by themselves. */
void gate_ssh_drain(struct gate_ssh *ssh, int64_t wait_ns);
void gate_ssh_free(struct gate_ssh *ssh);                /* the same, then free; NULL is allowed */

/* ---- for authorize: sshd asks twice for each login, before anything is proved, and must hear the same both times ---- */

/* May this connection ask about this certificate? RC_OK: decide, then gate_ssh_answer(). RC_CONFLICT: decided before, *admitted
 * says how. RC_NOT_FOUND: no such connection, or it is logged in. RC_DENIED: it has asked too often. address gets the client's. */
enum rc gate_ssh_ask(struct gate_ssh *ssh, struct slice id, struct slice blob, bool *admitted, char address[64]) MUST_USE;
void gate_ssh_answer(struct gate_ssh *ssh, struct slice id, struct slice blob, struct slice key_der, const char *user,
		     bool admitted);

/* ---- see gate.h ---- */
enum rc gate_ssh_login(struct gate_ssh *ssh, struct slice key_der, struct slice id, char address[64],
		       char own_id[GATE_ID_LEN + 1]);
void gate_ssh_end(struct gate_ssh *ssh, const char *id);

void gate_ssh_metrics(struct gate_ssh *ssh);     /* see metrics.h: sets those that are looked at */

#endif
