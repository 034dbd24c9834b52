include(CheckCCompilerFlag)

# Assertions stay in every build: a broken invariant must not go on with a customer's data.
set(CMAKE_C_FLAGS_RELEASE "-O2")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")

# Warnings, hardening and sanitizers, for every target of the project.
add_library(project_flags INTERFACE)
target_include_directories(project_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_definitions(project_flags INTERFACE _GNU_SOURCE)
target_compile_options(project_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wmissing-prototypes -Wstrict-prototypes
  -Wcast-qual -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wswitch-enum -Wnull-dereference -Werror
  -fno-omit-frame-pointer)

# gcc's analyzer loses memory that is handed on inside a struct, and takes automatic initialisation for a use:
# LeakSanitizer looks for leaks instead.
option(FEDERATOR_ANALYZE "Build with gcc's static analyzer" OFF)
if(FEDERATOR_ANALYZE)
  target_compile_options(project_flags INTERFACE -fanalyzer -Wno-analyzer-malloc-leak)
endif()

set(FEDERATOR_SANITIZE "" CACHE STRING "address,undefined or thread")
if(FEDERATOR_SANITIZE)
  target_compile_options(project_flags INTERFACE -fsanitize=${FEDERATOR_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(project_flags INTERFACE -fsanitize=${FEDERATOR_SANITIZE})
else()
  target_compile_options(project_flags INTERFACE
    -fstack-protector-strong -fstack-clash-protection -fcf-protection=full)
  check_c_compiler_flag(-ftrivial-auto-var-init=zero HAVE_AUTO_INIT) # clang 14 wants a second switch: without
  if(HAVE_AUTO_INIT AND NOT FEDERATOR_ANALYZE)
    target_compile_options(project_flags INTERFACE -ftrivial-auto-var-init=zero)
  endif()
  if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    target_compile_options(project_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  endif()
  target_link_options(project_flags INTERFACE -Wl,-z,relro,-z,now)
endif()

# What valgrind has to be told, for the tests under helgrind (tests/sanitizers).
option(FEDERATOR_HELGRIND "Build with annotations for helgrind" OFF)
if(FEDERATOR_HELGRIND)
  target_compile_definitions(project_flags INTERFACE FEDERATOR_HELGRIND)
  target_compile_options(project_flags INTERFACE -fno-optimize-sibling-calls) # suppressions name who called
endif()

# federator_library(NAME files... LINKS targets...): the static library of a folder.
function(federator_library name)
  cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE project_flags PUBLIC ${ARG_LINKS})
endfunction()

# Programs stand in one place of the build tree, build/<preset>/bin, where scripts and tests find them.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
