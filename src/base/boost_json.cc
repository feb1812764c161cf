// Boost.JSON's own definitions, compiled once (the Debian package with only headers is enough).
#include <boost/json/src.hpp>
