#include "purpose.h"

#include <string.h>

static const struct purpose {
	const char *code, *meaning;
} PURPOSES[] = {
	{"TREAT", "treatment"},
	{"HPAYMT", "payment"},
	{"HOPERAT", "operations"},
	{"HRESCH", "research"},
};
#define N_PURPOSES (sizeof PURPOSES / sizeof *PURPOSES)

static const struct purpose *find(const char *code)
{
	for (size_t i = 0; code && i < N_PURPOSES; i++)
		if (strcmp(PURPOSES[i].code, code) == 0)
			return &PURPOSES[i];
	return NULL;
}

const char *purpose_code(const char *code)
{
	const struct purpose *p = find(code);

	return p ? p->code : NULL;
}

const char *purpose_meaning(const char *code)
{
	const struct purpose *p = find(code);

	return p ? p->meaning : NULL;
}

const char *purpose_nth(size_t i)
{
	return i < N_PURPOSES ? PURPOSES[i].code : NULL;
}

enum rc purpose_check(const char *code, struct why *why)
{
	if (!code || find(code))
		return RC_OK;
	return why_set(why, RC_BAD, "\"%.32s\" is no purpose of use; there are " PURPOSE_ALL, code);
}
