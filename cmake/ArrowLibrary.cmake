# footfall_arrow: Arrow C++ with Parquet, datasets and the compute functions.
# First the system's own packages; else the pyarrow wheel, whose folder holds the headers and the libraries under versioned
# names only (libarrow.so.2600), so they are found by their pattern and linked by their full names.

set(FOOTFALL_ARROW_DIR "" CACHE PATH "Folder of the pyarrow wheel (with include/ and libarrow.so.*), or the folder that holds it")
add_library(footfall_arrow INTERFACE)
set(FOOTFALL_ARROW_TEXT "")

if(NOT FOOTFALL_ARROW_DIR AND NOT DEFINED ENV{FOOTFALL_ARROW_DIR})
  find_package(Arrow CONFIG QUIET)
  find_package(Parquet CONFIG QUIET)
  find_package(ArrowDataset CONFIG QUIET)
  find_package(ArrowAcero CONFIG QUIET)
  find_package(ArrowCompute CONFIG QUIET)   # apart from Arrow since 21
  if(TARGET Arrow::arrow_shared AND TARGET Parquet::parquet_shared AND TARGET ArrowDataset::arrow_dataset_shared)
    target_link_libraries(footfall_arrow INTERFACE ArrowDataset::arrow_dataset_shared Parquet::parquet_shared Arrow::arrow_shared)
    foreach(extra ArrowAcero::arrow_acero_shared ArrowCompute::arrow_compute_shared)
      if(TARGET ${extra})
        target_link_libraries(footfall_arrow INTERFACE ${extra})
      endif()
    endforeach()
    set(FOOTFALL_ARROW_TEXT "${Arrow_VERSION} (system)")
  endif()
endif()

if(NOT FOOTFALL_ARROW_TEXT)
  find_path(FOOTFALL_ARROW_WHEEL include/arrow/api.h
    PATHS "${FOOTFALL_ARROW_DIR}" "${FOOTFALL_ARROW_DIR}/pyarrow" "$ENV{FOOTFALL_ARROW_DIR}" "$ENV{FOOTFALL_ARROW_DIR}/pyarrow"
          "${PROJECT_BINARY_DIR}/deps/arrow/pyarrow" "${PROJECT_BINARY_DIR}/arrow/pyarrow" "${PROJECT_SOURCE_DIR}/build/deps/arrow/pyarrow"
    NO_DEFAULT_PATH NO_CACHE)
  if(NOT FOOTFALL_ARROW_WHEEL)
    message(FATAL_ERROR "Arrow C++ with Parquet was not found.\nRun 'make setup' (it puts the pyarrow wheel into build/deps/arrow), install libarrow-dev, "
      "libarrow-dataset-dev and libparquet-dev, or give -DFOOTFALL_ARROW_DIR=FOLDER of an unpacked wheel.")
  endif()
  target_include_directories(footfall_arrow SYSTEM INTERFACE "${FOOTFALL_ARROW_WHEEL}/include")
  foreach(library arrow_dataset arrow_acero parquet arrow_compute arrow)
    # Some libraries lie there twice, as X.so.2600 and X.so.2600.1.0: take the shortest name, which is the soname.
    file(GLOB found "${FOOTFALL_ARROW_WHEEL}/lib${library}.so.*")
    list(SORT found)
    if(found)
      list(GET found 0 file)
      target_link_libraries(footfall_arrow INTERFACE "${file}")
      string(REGEX REPLACE ".*\\.so\\." "" FOOTFALL_ARROW_SOVERSION "${file}")
    elseif(NOT library STREQUAL "arrow_compute")   # a part of libarrow before 21
      message(FATAL_ERROR "${FOOTFALL_ARROW_WHEEL} holds no lib${library}.so.*: it is no whole pyarrow wheel; remove it and run 'make setup'.")
    endif()
  endforeach()
  target_link_options(footfall_arrow INTERFACE "-Wl,-rpath,${FOOTFALL_ARROW_WHEEL}")
  set(FOOTFALL_ARROW_TEXT "${FOOTFALL_ARROW_SOVERSION} (wheel)")
endif()
