/* Words of which the names of hospitals, practices, schools and the like are made, and those that stand before such names. */
#ifndef PHIGATE_MASK_CARE_H
#define PHIGATE_MASK_CARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CARE_END = 1,                    /* "hospital": a name ends with it */
	CARE_TRADE = 2,                  /* "imaging", "elementary": what is done there */
	CARE_BODY = 4,                   /* "associates", "center" */
	CARE_OWN = 8,                    /* "cascade": what such places are called after */
	CARE_FAITH = 16,                 /* "methodist" */
	CARE_COMMON = 32,                /* "respiratory", "telemetry": units and what they do; no name */
	CARE_KNOWN = 64,                 /* "UCSF": a name by itself */
	CARE_KNOWN_THERE = 128,          /* "Mayo": one where a place is expected */
	CARE_FIRST = 256,                /* "university" (of): a name may begin with it */
	CARE_AT = 512,                   /* "at" */
	CARE_TO = 1024,                  /* "to", "from" */
	CARE_WITH = 2048,                /* "with", "by" */
	CARE_GO = 4096,                  /* "transferred" (to), "seen" (at) a place */
	CARE_GOES = 8192,                /* "attends", "prefers": a place, without a word between */
	CARE_THE = 16384,
	CARE_RESIDENT = 32768,           /* "inmate" (of) */
	CARE_SHORT = 65536,              /* "general": the short name of a hospital ends with it */
	CARE_SMALL = 131072,             /* "hospital", "school": also in small letters behind a name */
	CARE_STAY = 262144,              /* "hospital" "stay": it is no name */
	CARE_TOWN = 524288,              /* "PD": of a town */
	CARE_KIND = 1048576,             /* "unit", "middle": of names that go on behind what shows them */
	CARE_MOVE = 4194304,             /* of CARE_GO: "transferred" (from): a place of care, also an abbreviation */
	CARE_UNIT = 8388608,             /* "MICU", "SNF": an abbreviation that every hospital has */
	CARE_BRAND = 16777216,           /* "PeaceHealth": a name by itself, which goes on with that of a place */
	CARE_CAMPUS = 67108864,          /* "UNM" (Rio Rancho): a place follows */
	CARE_PAIR = 33554432,            /* of "Bone & Joint" */
	CARE_WORK = 268435456,           /* "works" (for), "employed" (by) */
	CARE_FOR = 134217728,            /* "for", "by" */
	CARE_LEAD = 2097152,             /* "three", "our": a name may begin with it when what follows is one */
};

struct scan;

/* The end of a name that ends at place end with what ends the names of places of work: ", LLC", "Home"; end itself when there is none. */
size_t care_tail(struct scan *s, size_t end);

/* Is the word of n units one like "MetroHealth", "LifeFlight"? */
bool care_is_brand(const uint16_t *word, size_t n);

/* Behind " #4412" at place end, which one of many shops of a name; end itself when there is none. */
size_t care_store_number(struct scan *s, size_t end);

/* Does a number of somebody follow, as behind "Hosp#" and "Clinic # 19937204"? Then the word before is its label. */
bool care_is_numbered(struct scan *s, size_t end);

#endif
