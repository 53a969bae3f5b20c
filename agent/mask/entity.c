#include "entity.h"

#include <stddef.h>
#include <string.h>

static const char *const NAMES[ENTITY_COUNT] = {
	[ENTITY_NAME] = "NAME", [ENTITY_ADDRESS] = "ADDRESS", [ENTITY_CITY] = "CITY", [ENTITY_COUNTY] = "COUNTY", [ENTITY_ZIP] = "ZIP",
	[ENTITY_FACILITY] = "FACILITY", [ENTITY_DATE] = "DATE", [ENTITY_AGE] = "AGE", [ENTITY_PHONE] = "PHONE", [ENTITY_FAX] = "FAX",
	[ENTITY_EMAIL] = "EMAIL", [ENTITY_SSN] = "SSN", [ENTITY_MRN] = "MRN", [ENTITY_HEALTH_PLAN] = "HEALTH_PLAN",
	[ENTITY_ACCOUNT] = "ACCOUNT", [ENTITY_LICENSE] = "LICENSE", [ENTITY_VEHICLE] = "VEHICLE", [ENTITY_DEVICE] = "DEVICE",
	[ENTITY_URL] = "URL", [ENTITY_IP] = "IP", [ENTITY_BIOMETRIC] = "BIOMETRIC", [ENTITY_ID] = "ID", [ENTITY_ENCODED] = "ENCODED",
	[ENTITY_CUSTOM] = "CUSTOM",
};

const char *entity_name(enum entity entity)
{
	return NAMES[entity];
}

bool entity_parse(const char *name, enum entity *entity)
{
	for (size_t i = 0; i < ENTITY_COUNT; i++)
		if (strcmp(NAMES[i], name) == 0) {
			*entity = (enum entity)i;
			return true;
		}
	return false;
}
