/* What the operating system is asked for, so that tokens, keys and answers do not leave this process by the way. */
#ifndef PHIGATE_CLI_HARDEN_H
#define PHIGATE_CLI_HARDEN_H

void harden(void);       /* no core dumps, and no other process of this account may look into the memory; files are private */

#endif
