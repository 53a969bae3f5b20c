#include "variables.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *dialect, *openai_path;
	struct variables variables;
} ROWS[] = {
	{"openai", "/v1", {"OPENAI_BASE_URL", "/v1", "OPENAI_API_KEY"}},
	{"anthropic", "/v1", {"ANTHROPIC_BASE_URL", "", "ANTHROPIC_API_KEY"}},
	{"ollama", "/v1", {"OLLAMA_HOST", "", "OPENAI_API_KEY"}},
	{"llamacpp", "/v1", {"OPENAI_BASE_URL", "/v1", "OPENAI_API_KEY"}},
	{"tgi", "/v1", {"OPENAI_BASE_URL", "/v1", "OPENAI_API_KEY"}},
	{"kserve", "/openai/v1", {"OPENAI_BASE_URL", "/openai/v1", "OPENAI_API_KEY"}},
};
#define N_ROWS (sizeof ROWS / sizeof *ROWS)

static size_t row_of(const char *dialect)
{
	size_t i = 0;

	while (i < N_ROWS && strcmp(ROWS[i].dialect, dialect) != 0)
		i++;
	return i;
}

const struct variables *variables_of(const char *dialect)
{
	size_t i = row_of(dialect);

	return i < N_ROWS ? &ROWS[i].variables : NULL;
}

const char *variables_openai_path(const char *dialect)
{
	size_t i = row_of(dialect);

	return i < N_ROWS ? ROWS[i].openai_path : "/v1";
}
