/* The keeper: a small process, forked before anything else, that outlives the agent for as long as it takes to end every sshd.
 * It holds the loopback listener too, so that nobody can take the port while a tunnel to it still stands (design: the tunnel). */
#ifndef PHIGATE_AGENT_KEEPER_H
#define PHIGATE_AGENT_KEEPER_H

#include <sys/types.h>

#include "rc.h"

struct keeper;

/* Bind 127.0.0.1 on a port of the kernel's choice and fork the keeper. Call it before threads, secrets and other descriptors. */
enum rc keeper_start(struct keeper **out, struct why *why) MUST_USE;

int keeper_listener(const struct keeper *keeper);    /* not yet listening; the keeper's to close */
int keeper_port(const struct keeper *keeper);
int keeper_fd(const struct keeper *keeper);          /* readable when the keeper has died: end all and stop */

/* In a forked child, before exec: begin a process group of its own and tell the keeper. Async-signal-safe; -1: do not exec. */
int keeper_enter(const struct keeper *keeper);

/* The group is ended: call it before its leader is reaped, while the number cannot mean anybody else. */
void keeper_forget(struct keeper *keeper, pid_t group);

/* Close our side and wait for the keeper to end what is left. NULL is allowed. */
void keeper_stop(struct keeper *keeper);

#endif
