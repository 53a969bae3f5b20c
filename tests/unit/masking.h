/* Engines and texts for the tests of masking. */
#ifndef PHIGATE_TEST_MASKING_H
#define PHIGATE_TEST_MASKING_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mask.h"
#include "yaml.h"

/* rules: the value of a policy's `mask:`, as YAML; NULL for the defaults. Exits when they are wrong. */
static inline struct mask_engine *masking_engine(const char *rules)
{
	struct mask_engine *engine = NULL;
	struct mask_rules *r = NULL;
	struct yaml *root = NULL;
	struct why why = {0};

	if ((rules && yaml_parse(slice_str(rules), &root, &why) != RC_OK) || mask_rules_read(root, ".", &r, &why) != RC_OK ||
	    mask_engine_new(r, &engine, &why) != RC_OK) {
		fprintf(stderr, "rules: %s\n", why.text);
		exit(1);
	}
	yaml_free(root);
	mask_rules_free(r);
	return engine;
}

/* What becomes of a text; the caller frees it. */
static inline char *masking_whole(struct mask_engine *engine, struct slice text, size_t *n)
{
	struct mask_scope *scope = mask_scope_new();
	struct buf out;
	char *masked;

	buf_init(&out, BUF_MAX_DEFAULT);
	if (!scope || mask_text(engine, scope, NULL, text, &out) != RC_OK)
		exit(1);
	masked = buf_take(&out, n);
	mask_scope_free(scope);
	return masked ? masked : calloc(1, 1);
}

#endif
