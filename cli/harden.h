/* What the operating system is asked for, so that tokens, keys and answers do not leave this process by the way. */
#ifndef PHIGATE_CLI_HARDEN_H
#define PHIGATE_CLI_HARDEN_H

/* First of all: no core dumps, no other process of this account may look into the memory, a reader that goes away is an error and no
 * signal, and descriptors 0 to 2 are taken, so that no file of ours becomes one of them. */
void harden(void);

/* In a child, before it becomes another program: core dumps and SIGPIPE as they were for us. Async-signal-safe. */
void harden_undo(void);

#endif
