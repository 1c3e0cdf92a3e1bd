# libqspan for other programs: shared and static, headers, pkg-config, CMake package.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The layers so far, behind include/qspan/*.h. Only what QSPAN_API marks is visible from outside.
function(qspan_public_library)
    get_property(layers GLOBAL PROPERTY qspan_libraries)
    add_library(qspan_shared SHARED $<TARGET_OBJECTS:qspan_api>)
    target_link_libraries(qspan_shared PRIVATE ${layers})
    target_include_directories(qspan_shared INTERFACE
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    set_target_properties(qspan_shared PROPERTIES
        OUTPUT_NAME qspan EXPORT_NAME qspan
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
    install(TARGETS qspan_shared EXPORT qspan)

    # One object of all layers whose hidden symbols are local: no clash with a program's own names.
    set(object ${PROJECT_BINARY_DIR}/libqspan.o)
    set(archive ${PROJECT_BINARY_DIR}/libqspan.a)
    set(archives)
    foreach(layer IN LISTS layers)
        list(APPEND archives $<TARGET_FILE:${layer}>)
    endforeach()
    add_custom_command(OUTPUT ${archive}
        COMMAND ${CMAKE_LINKER} -r -o ${object} --whole-archive ${archives}
        COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${object}
        COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
        COMMAND ${CMAKE_AR} rcs ${archive} ${object}
        COMMAND ${CMAKE_COMMAND} -E rm -f ${object}
        DEPENDS ${layers} VERBATIM)
    add_custom_target(qspan_static ALL DEPENDS ${archive})
    install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR})

    install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/qspan
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    foreach(folder docs examples slurm)
        install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} DESTINATION ${CMAKE_INSTALL_DOCDIR})
    endforeach()
    install(CODE "file(MAKE_DIRECTORY \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_MANDIR}/man1\")
        execute_process(COMMAND $<TARGET_FILE:qspan> help --man COMMAND_ERROR_IS_FATAL ANY OUTPUT_FILE
            \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_MANDIR}/man1/qspan.1\")")
    install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/LICENSE
        DESTINATION ${CMAKE_INSTALL_DOCDIR})

    list(JOIN MPI_C_LIBRARIES " " mpi_libraries)
    list(JOIN HDF5_C_LIBRARIES " " hdf5_libraries)
    set(static_libraries "${mpi_libraries} ${hdf5_libraries} ${OpenMP_C_FLAGS} -lm")
    file(RELATIVE_PATH prefix_from_pkgconfig /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
    configure_file(${PROJECT_SOURCE_DIR}/cmake/qspan.pc.in ${PROJECT_BINARY_DIR}/qspan.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/qspan.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

    set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/qspan)
    configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/qspanConfig.cmake.in
        ${PROJECT_BINARY_DIR}/qspanConfig.cmake INSTALL_DESTINATION ${package_dir}
        PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
    write_basic_package_version_file(${PROJECT_BINARY_DIR}/qspanConfigVersion.cmake
        COMPATIBILITY SameMinorVersion)
    install(FILES ${PROJECT_BINARY_DIR}/qspanConfig.cmake
        ${PROJECT_BINARY_DIR}/qspanConfigVersion.cmake DESTINATION ${package_dir})
    install(EXPORT qspan NAMESPACE qspan:: FILE qspanTargets.cmake DESTINATION ${package_dir})
endfunction()
