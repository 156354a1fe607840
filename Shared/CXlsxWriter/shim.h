// libxlsxwriter, the writer of templates and exports. Everything it offers imports as it is.
#pragma once
#include <xlsxwriter.h>
