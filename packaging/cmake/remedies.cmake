# What --doctor tells root to do, ready to be used: an AppArmor profile, lines for sysctl.d, a script for subordinate ids. Below
# the prefix, but for a distribution's own package (/usr), whose configuration is in /etc.

set(apparmor_dir ${CMAKE_INSTALL_SYSCONFDIR}/apparmor.d)
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
	set(apparmor_dir ${CMAKE_INSTALL_FULL_SYSCONFDIR}/apparmor.d)
endif()
set(MAPROOT_APPARMOR_DIR ${apparmor_dir} CACHE STRING "Where AppArmor looks for profiles; empty: don't install one")
set(MAPROOT_SYSCTL_DIR lib/sysctl.d CACHE STRING "Where sysctl --system looks for files of packages")

configure_file(packaging/apparmor/maproot.in apparmor/maproot @ONLY)
if(MAPROOT_APPARMOR_DIR)
	install(FILES ${CMAKE_CURRENT_BINARY_DIR}/apparmor/maproot DESTINATION ${MAPROOT_APPARMOR_DIR})
endif()
install(FILES packaging/sysctl.d/60-maproot.conf DESTINATION ${MAPROOT_SYSCTL_DIR})
install(PROGRAMS packaging/subid/grant-subids DESTINATION ${CMAKE_INSTALL_DATADIR}/maproot)
