// What generated programs are made of and come to.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/generator/generator.h"

namespace weld::reference {

// How many programs hold each construct (tests/constructs), and how many end in each error: "error ArrayOutOfBounds".
using Coverage = std::map<std::string, int64_t>;

// codes: of the errors that the program's runs ended in.
void count_program(const generator::Program& program, const std::set<int>& codes, Coverage* coverage);

// Constructs and errors that the coverage lacks, save those that the generator leaves out for a reason (not_generated).
std::vector<std::string> missing(const Coverage& coverage);

// What is not generated, and why.
const std::map<std::string, std::string>& not_generated();

}  // namespace weld::reference
