#include "host-launcher/lib/exit.h"

enum exit_status exit_of(enum err e)
{
	switch (e) {
	case ERR_OK:
		return STATUS_DONE;
	case ERR_SIGNATURE:
	case ERR_MISMATCH:
	case ERR_EXPIRED:
	case ERR_STATE:
	case ERR_REFUSED:
		return STATUS_REFUSED;
	case ERR_TRUNC:
	case ERR_EXTRA:
	case ERR_VALUE:
	case ERR_LIMIT:
	case ERR_UNSUPP:
	case ERR_UNKNOWN:
	case ERR_DUPLICATE:
		return STATUS_MALFORMED;
	case ERR_MISSING:
	case ERR_AGAIN:
	case ERR_TIMEOUT:
	case ERR_CLOSED:
	case ERR_TLS:
	case ERR_IO:
		return STATUS_UNAVAILABLE;
	case ERR_RANDOM:
	case ERR_SPACE:
		break;
	}
	return STATUS_INTERNAL;
}

enum exit_status exit_of_secret(enum err e)
{
	return e == ERR_STATE ? STATUS_UNAVAILABLE : exit_of(e);
}
