# Building blocks of qspan's build: compile settings, layers, the executable.

add_library(qspan_settings INTERFACE)
target_compile_definitions(qspan_settings INTERFACE _GNU_SOURCE)
target_compile_options(qspan_settings INTERFACE
    -Wall -Wextra -Wundef -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
    $<$<C_COMPILER_ID:Clang>:-Wno-string-conversion> # CHECK(!"reason")
    -ffp-contract=off
    -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=
    $<$<BOOL:${QSPAN_WERROR}>:-Werror>)
target_include_directories(qspan_settings INTERFACE
    ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/generated)
target_include_directories(qspan_settings SYSTEM INTERFACE
    ${RANDOM123_INCLUDE_DIR} ${UTHASH_INCLUDE_DIR})
target_link_options(qspan_settings INTERFACE -Wl,--as-needed)
target_link_libraries(qspan_settings INTERFACE m)
if(QSPAN_SANITIZE)
    set(sanitizer_flags -fsanitize=address,undefined -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
    target_compile_options(qspan_settings INTERFACE ${sanitizer_flags})
    target_link_options(qspan_settings INTERFACE ${sanitizer_flags})
endif()
if(QSPAN_FUZZ)
    target_compile_options(qspan_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(QSPAN_COVERAGE)
    target_compile_options(qspan_settings INTERFACE --coverage)
    target_link_options(qspan_settings INTERFACE --coverage)
endif()

# generated/base/version.h: QSPAN_VERSION, QSPAN_GIT_HASH, QSPAN_COMPILER; touched only on change.
add_custom_target(qspan_version
    BYPRODUCTS ${PROJECT_BINARY_DIR}/generated/base/version.h
    COMMAND ${CMAKE_COMMAND}
        -D "VERSION=${PROJECT_VERSION}"
        -D "COMPILER=${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION} ${CMAKE_BUILD_TYPE}"
        -D "SOURCE_DIR=${PROJECT_SOURCE_DIR}"
        -D "OUTPUT=${PROJECT_BINARY_DIR}/generated/base/version.h"
        -P ${PROJECT_SOURCE_DIR}/cmake/version.cmake
    VERBATIM)
add_dependencies(qspan_settings qspan_version)

# What a layer needs from outside, beyond libc, libm and headers.
include(CheckCCompilerFlag)
set(qspan_external_base OpenMP::OpenMP_C)
set(qspan_external_comm MPI::MPI_C OpenMP::OpenMP_C)
set(qspan_external_kernels)
set(qspan_external_store MPI::MPI_C hdf5::hdf5)
set(qspan_external_engine OpenMP::OpenMP_C)
set(qspan_external_circuit PkgConfig::JANSSON)
set(qspan_external_program PkgConfig::JANSSON)
set(qspan_external_machine PkgConfig::YAML)
set(qspan_external_api MPI::MPI_C)
set(qspan_external_runtime OpenMP::OpenMP_C)
set(qspan_external_output PkgConfig::JANSSON)
set(qspan_external_cli OpenMP::OpenMP_C)

# kernels/*_<isa>.c: flags of that ISA on x86-64, left out elsewhere.
function(qspan_set_isas name_of_list)
    set(flags_avx2 -mavx2 -mfma -mbmi2)
    set(flags_avx512 -mavx512f -mavx512dq -mavx512vl -mbmi2)
    check_c_compiler_flag(-mprefer-vector-width=512 QSPAN_HAS_VECTOR_WIDTH)
    if(QSPAN_HAS_VECTOR_WIDTH)
        list(APPEND flags_avx512 -mprefer-vector-width=512)
    endif()
    set_source_files_properties(${PROJECT_SOURCE_DIR}/kernels/statevector_scalar.c
        ${PROJECT_SOURCE_DIR}/kernels/statevector_single_scalar.c PROPERTIES COMPILE_OPTIONS -Wno-psabi) # vectors are passed to inlined functions only
    list(APPEND flags_avx2 -Wno-psabi)
    foreach(isa avx2 avx512)
        set(files ${${name_of_list}})
        list(FILTER files INCLUDE REGEX "_${isa}[.]c$")
        if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
            set_source_files_properties(${files} PROPERTIES COMPILE_OPTIONS "${flags_${isa}}")
        else()
            list(REMOVE_ITEM ${name_of_list} ${files})
        endif()
    endforeach()
    # Where variables are in every vector register takes a minute to work out, and gigabytes.
    set(files ${${name_of_list}})
    list(FILTER files INCLUDE REGEX "/statevector_")
    set_property(SOURCE ${files} APPEND PROPERTY COMPILE_OPTIONS -g1)
    # Of 16 registers GCC otherwise leaves more than it must in memory.
    check_c_compiler_flag(-fira-algorithm=priority QSPAN_HAS_IRA_PRIORITY)
    if(QSPAN_HAS_IRA_PRIORITY)
        list(FILTER files INCLUDE REGEX "_avx2[.]c$")
        set_property(SOURCE ${files} APPEND PROPERTY COMPILE_OPTIONS -fira-algorithm=priority)
    endif()
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
        set_source_files_properties(${PROJECT_SOURCE_DIR}/kernels/statevector.c ${PROJECT_SOURCE_DIR}/kernels/frame.c ${PROJECT_SOURCE_DIR}/kernels/network.c
            PROPERTIES COMPILE_DEFINITIONS QSPAN_KERNELS_X86)
    endif()
    set(${name_of_list} ${${name_of_list}} PARENT_SCOPE)
endfunction()

# Sources of a layer: its folder and the folders in it. Kernels live beside src/.
function(qspan_sources out name)
    if(name STREQUAL kernels)
        set(dir ${PROJECT_SOURCE_DIR}/kernels)
    else()
        set(dir ${PROJECT_SOURCE_DIR}/src/${name})
    endif()
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/*.c)
    if(name STREQUAL kernels)
        qspan_set_isas(sources)
    endif()
    set(${out} ${sources} PARENT_SCOPE)
endfunction()

# Static library qspan_<name> from src/<name>/, linked with the libraries given. A layer without
# sources is left out.
function(qspan_layer name)
    qspan_sources(sources ${name})
    if(NOT sources)
        return()
    endif()
    add_library(qspan_${name} STATIC ${sources})
    target_link_libraries(qspan_${name}
        PUBLIC qspan_settings ${ARGN} PRIVATE ${qspan_external_${name}})
    if(name MATCHES "^(kernels|engine|network)$")
        target_include_directories(qspan_${name} PRIVATE ${PROJECT_SOURCE_DIR})
    endif()
    set_property(GLOBAL APPEND PROPERTY qspan_libraries qspan_${name})
endfunction()

# The layers of one line of the diagram: each sees all lines below, none its neighbours.
function(qspan_layers)
    get_property(below GLOBAL PROPERTY qspan_libraries)
    foreach(name IN LISTS ARGN)
        qspan_layer(${name} ${below})
    endforeach()
endfunction()

# Executable <target> from src/<layer>/; also qspan_<layer> without main.c, for tests.
function(qspan_executable target layer)
    qspan_sources(sources ${layer})
    if(NOT sources)
        return()
    endif()
    list(FILTER sources EXCLUDE REGEX "/main\\.c$")
    get_property(below GLOBAL PROPERTY qspan_libraries)
    add_library(qspan_${layer} STATIC ${sources})
    target_link_libraries(qspan_${layer}
        PUBLIC qspan_settings ${below} PRIVATE ${qspan_external_${layer}})
    set_property(GLOBAL APPEND PROPERTY qspan_libraries qspan_${layer})
    add_executable(${target} ${PROJECT_SOURCE_DIR}/src/${layer}/main.c)
    target_link_libraries(${target} PRIVATE qspan_${layer})
    install(TARGETS ${target})
endfunction()

# generated/<output>: the bytes of a text file as initialisers of a char array, ending in 0.
function(qspan_embed source output)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    file(READ ${source} bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(REGEX REPLACE "(0a),0x" "\\1,\n0x" bytes "${bytes}")
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/${output} @ONLY CONTENT "@bytes@0\n")
endfunction()

# generated/<output>: for each file of a folder that has a counterpart in its subfolder `targets`, a
# line LIBRARY_ENTRY(name, text, text of the target), texts as string literals of one line each.
function(qspan_embed_pairs folder output)
    file(GLOB files CONFIGURE_DEPENDS ${folder}/*.qasm)
    set(entries "")
    foreach(file IN LISTS files)
        get_filename_component(name ${file} NAME_WE)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
            ${file} ${folder}/targets/${name}.qasm)
        set(texts "")
        foreach(path ${file} ${folder}/targets/${name}.qasm)
            file(READ ${path} bytes HEX)
            string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1\"\"" bytes "${bytes}")
            string(APPEND texts ", \"${bytes}\"")
        endforeach()
        string(APPEND entries "LIBRARY_ENTRY(\"${name}\"${texts})\n")
    endforeach()
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/${output} @ONLY CONTENT "@entries@")
endfunction()
