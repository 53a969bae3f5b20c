#include "masked.h"

static bool fits(char c, size_t at)
{
	return at == 1 ? c >= 'A' && c <= 'Z' : (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

size_t masked_at(const char *p, size_t n, bool *cut)
{
	size_t i = 1;

	*cut = false;
	if (!n || p[0] != '[')
		return 0;
	while (i < n && i < MASKED_MAX && fits(p[i], i))
		i++;
	*cut = i == n && n < MASKED_MAX;
	return i > 1 && i < n && i < MASKED_MAX && p[i] == ']' ? i + 1 : 0;
}

size_t masked_entity(const char *mask, size_t n)
{
	size_t i = 1;

	while (i < n && mask[i] != '-' && mask[i] != ']')
		i++;
	return i - 1;
}
