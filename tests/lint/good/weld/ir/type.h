// A type.
#pragma once

#include <string>
