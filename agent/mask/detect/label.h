/* Labels: what the words before a value say that it is. */
#ifndef PHIGATE_MASK_LABEL_H
#define PHIGATE_MASK_LABEL_H

/* What the words before a place say about what comes. */
enum label {
	LABEL_NONE,
	LABEL_PLAIN,             /* a code that is no identifier follows: a version, a section, an ICD code */
	LABEL_THING,             /* a number of things follows, or what they are sold under */
	LABEL_SSN, LABEL_MRN, LABEL_HEALTH_PLAN, LABEL_ACCOUNT, LABEL_LICENSE, LABEL_VEHICLE, LABEL_DEVICE, LABEL_BIOMETRIC, LABEL_ID, LABEL_USER,
	LABEL_PHONE, LABEL_PAGER, LABEL_FAX, LABEL_DATE, LABEL_DAY, LABEL_AGE, LABEL_ZIP, LABEL_STATE, LABEL_ADDRESS, LABEL_CITY, LABEL_COUNTY, LABEL_FACILITY,
	LABEL_TITLE,             /* "Dr." */
	LABEL_ROLE,              /* "Nurse": a name may follow */
	LABEL_NAME,              /* "Patient name" */
	LABEL_PERSON,            /* "Patient:": a name, or what the patient says or has */
	LABEL_SPOKEN,            /* "my name is": small letters, too */
};

#endif
