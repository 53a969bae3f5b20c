/* All that lives as long as the agent's process; made and taken down by run.c, in order. */
#ifndef PHIGATE_AGENT_H
#define PHIGATE_AGENT_H

#include "current.h"

struct agent {
	const struct config *config;             /* as it was at the start: for what a reload does not change; current has the rest */
	struct keeper *keeper;                   /* forked first; holds the loopback listener too */
	int ssh_listener;                        /* bound while still root */
	struct ledger *ledger;                   /* with the notary's process, forked before threads */
	struct store *store;
	struct current *current;                 /* the snapshot that is in force */
	struct sinks *sinks;                     /* live streams of events */
	struct spool *spool;
	struct archive *archive;                 /* NULL: none */
	struct identity *identity;
	struct notices *notices;
	struct holds *holds;
	struct sessions *sessions;
	struct usage *usage;                     /* what people have asked, for limits */
	struct events *events;                   /* what is told on /v1/events */
	struct gate *gate;                       /* SSH connections and loopback listener */
	int stop_fd;                             /* readable when the agent stops */
};

#endif
