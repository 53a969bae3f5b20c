/* The identifiers of 45 CFR 164.514(b)(2)(i), as masking.md names them. */
#ifndef PHIGATE_MASK_ENTITY_H
#define PHIGATE_MASK_ENTITY_H

#include <stdbool.h>
#include <stdint.h>

enum entity {
	ENTITY_NAME, ENTITY_ADDRESS, ENTITY_CITY, ENTITY_COUNTY, ENTITY_ZIP, ENTITY_FACILITY, ENTITY_DATE, ENTITY_AGE,
	ENTITY_PHONE, ENTITY_FAX, ENTITY_EMAIL, ENTITY_SSN, ENTITY_MRN, ENTITY_HEALTH_PLAN, ENTITY_ACCOUNT, ENTITY_LICENSE,
	ENTITY_VEHICLE, ENTITY_DEVICE, ENTITY_URL, ENTITY_IP, ENTITY_BIOMETRIC, ENTITY_ID, ENTITY_ENCODED, ENTITY_CUSTOM,
};
#define ENTITY_COUNT (ENTITY_CUSTOM + 1)

const char *entity_name(enum entity entity);                 /* "NAME"; a custom one's name comes with its rule */
bool entity_parse(const char *name, enum entity *entity);

/* How many spans of each were masked. */
struct mask_counts {
	uint32_t n[ENTITY_COUNT];
};

#endif
