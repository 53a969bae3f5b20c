/* Showing a page to the person at this machine. */
#ifndef PHIGATE_CLI_BROWSER_H
#define PHIGATE_CLI_BROWSER_H

#include <stdbool.h>

/* Is there a desktop to show it on? */
bool browser_there(void);

/* Start the desktop's own opener, without a shell; what becomes of it is not waited for. url has been checked. */
void browser_open(const char *url);

#endif
