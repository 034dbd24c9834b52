# What an installation holds beside the program, its schema and its odbcinst.ini (each installed by its own folder).
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DATADIR}/federator FILES_MATCHING PATTERN "*.xml" PATTERN "*.md")
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")
configure_file(cmake/systemd/federator.service.in federator.service @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/federator.service cmake/systemd/federator.socket DESTINATION lib/systemd/system)
