/* Check digits and forms of identifiers. Digits are characters '0' to '9'; pure. */
#ifndef PHIGATE_MASK_CHECKS_H
#define PHIGATE_MASK_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

bool check_luhn(const char *digits, size_t n);           /* ISO/IEC 7812-1 annex B */
bool check_card(const char *digits, size_t n);           /* length and first digits of a payment card, and Luhn */
bool check_npi(const char *digits, size_t n);            /* 45 CFR 162.406: Luhn over 80840 and the number */
bool check_ssn(const char *digits);                      /* nine: never 000, 666, 900-999 but for ITINs; no group of zeros */
bool check_nanp(const char *digits);                     /* ten: area code and exchange that can exist */
bool check_dea(const char *code, size_t n);              /* two letters, seven digits, the last one a check */
bool check_vin(const char *code, size_t n);              /* 49 CFR 565.15, 17 characters */
bool check_iban(const char *code, size_t n);             /* ISO 13616: modulo 97 is 1 */
size_t check_iban_longest(const char *code, size_t n);   /* how many characters of the code are one; 0: none */
bool check_mbi(const char *code, size_t n);              /* Medicare Beneficiary Identifier, 11 characters */
bool check_day(int year, int month, int day);            /* a date of 1800 to 2199; year -1: unknown */

#endif
