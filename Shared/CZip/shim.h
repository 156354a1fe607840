// libzip, the reader of the containers that workbooks are. Everything it offers imports as it is.
#pragma once
#include <zip.h>
