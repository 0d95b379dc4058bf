// A file of raw records read back: the lines of reports/render_records.hpp, folded again by the
// same code as when they were written.
//
// Lines are read one by one, so memory does not grow with the file. Throws config_error that
// names the file and the line. Use: `report r = read_records(stream, "run.ndjson");`
#pragma once

#include <istream>
#include <string>

#include "reports/report.hpp"

namespace stampede {

// True for the first line of such a file.
bool is_record_line(std::string_view line);

// The report of the records: what the run was is in the last line, everything else is measured
// and judged anew. The stream must be seekable.
report read_records(std::istream& in, const std::string& file);

}  // namespace stampede
