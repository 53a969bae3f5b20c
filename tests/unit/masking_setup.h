/* An engine with the default rules, for all tests of a file. */
#ifndef PHIGATE_TEST_MASKING_SETUP_H
#define PHIGATE_TEST_MASKING_SETUP_H

#include "masking.h"

static struct mask_engine *engine;

static inline int setup(void **state)
{
	(void)state;
	engine = masking_engine(NULL);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	mask_engine_free(engine);
	return 0;
}

#endif
