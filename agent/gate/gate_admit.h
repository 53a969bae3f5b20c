/* The socket that `phigate-agent authorize` asks: may the holder of this certificate log in? One line in:
 * "ID TYPE BASE64\n", one authorized_keys line out, or nothing. */
#ifndef PHIGATE_AGENT_GATE_ADMIT_H
#define PHIGATE_AGENT_GATE_ADMIT_H

#include "gate_ssh.h"
#include "identity.h"

#define GATE_ADMIT_LINE_MAX (96 << 10)

struct gate_admit;

/* dir: a folder that only this user may enter; the socket is "authorize" there. identity and ssh are borrowed. */
enum rc gate_admit_start(const char *dir, int port, struct identity *identity, struct gate_ssh *ssh, struct gate_admit **out,
			 struct why *why) MUST_USE;
const char *gate_admit_path(const struct gate_admit *admit);
void gate_admit_stop(struct gate_admit *admit);      /* waits for the requests that run; NULL is allowed */

#endif
