/* schema.h - the control plane's database, as numbered migrations. Table and
 * column names are easyenclave's where it has them. */
#ifndef HOST_PLANE_SCHEMA_H
#define HOST_PLANE_SCHEMA_H

#include <sqlite3.h>

#include "lib/err.h"

/* Brings the database to the newest version, each migration in a transaction
 * of its own (PRAGMA user_version counts them). ERR_UNSUPP: the file is newer
 * than this program; ERR_IO: sqlite3_errmsg says why. */
MUST_CHECK enum err schema_migrate(sqlite3 *db);
#endif
