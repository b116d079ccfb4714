// What each export takes, in order, so that most calls get past its checks.
//   #x   the size x                        f:xy  a Float32Array of x * y elements; d: Float64Array, u: Uint32Array,
//   n    a number      b  a boolean              c: Uint8Array; F: a Float32Array or null
//   t    a text        T, N  true, false
#pragma once

namespace palimpsest::fuzz {

struct Signature {
  const char* name;
  const char* takes;
};

constexpr const char *product_nt = "#m #n #k f:mk f:nk F:n f:mn b b", *product_nn = "#m #n #k f:mk f:kn F:n f:mn b b",
                     *product_tn = "#m #n #k f:km f:kn F:n f:mn b b";
constexpr const char* evaluation = "#r #c f:rc f:c f:c n f:c f:c f:rc";
constexpr const char* normalization_gradient = "#r #c f:rc f:c f:c n f:c f:c f:rc f:rc f:c f:c";

constexpr Signature signatures[] = {
    {"tables", ""},
    {"currentTable", ""},
    {"selectTable", "t"},
    {"threads", ""},
    {"setThreads", "#r"},
    {"setDefaultThreads", "#r"},
    {"forkJoins", ""},
    {"fmaPeak", "#r f:1"},
    {"largePages", "c:n"},
    {"toBoundary", "f:n"},
    {"matmulNT", product_nt},
    {"matmulNN", product_nn},
    {"matmulTN", product_tn},
    {"add", "f:n f:n f:n"},
    {"subtract", "f:n f:n f:n"},
    {"multiply", "f:n f:n f:n"},
    {"scale", "f:n n f:n"},
    {"addBias", "#r #c f:rc f:c f:rc"},
    {"relu", "f:n f:n"},
    {"reluGradient", "f:n f:n f:n"},
    {"sum", "f:n"},
    {"allFinite", "f:n"},
    {"rowSums", "#r #c f:rc f:r"},
    {"columnSums", "#r #c f:rc f:c"},
    {"argmax", "#r #c f:rc u:r"},
    {"countEqual", "u:n c:n"},
    {"softmax", "#r #c f:rc f:rc"},
    {"logSoftmax", "#r #c f:rc f:rc"},
    {"logSoftmaxGradient", "#r #c f:rc f:rc f:rc"},
    {"softmaxCrossEntropy", "#r #c f:rc c:r f:r f:rc"},
    {"batchNormTraining", "#r #c f:rc f:c f:c n n f:c f:c f:c f:c f:rc"},
    {"batchNormEvaluation", evaluation},
    {"batchNormNormalize", evaluation},
    {"batchNormTrainingGradient", normalization_gradient},
    {"batchNormEvaluationGradient", normalization_gradient},
    {"sgd", "f:n f:n F:n n n n n F:n F:n"},
    {"adam", "f:n f:n f:n f:n n n n n n n n F:n F:n"},
    {"accumulateSquare", "f:n f:n"},
    {"accumulate", "f:n d:n"},
    {"classSeed", "#r #c #s f:rc f:rc"},
    {"quadraticSum", "f:n f:n f:n"},
    {"mergeQuadratic", "f:n f:n f:n f:n"},
    {"cholesky", "#n d:n d:nn"},
    {"choleskySolve", "#n #r d:nn d:rn"},
    {"predict", "#r #i b T n f:ri f:2hc u:r f:rc f:hi f:h f:h f:h f:h f:h f:ch f:c"},
    {"predict", "#r #i b N n f:ri f:2hc u:r f:rc f:hi f:h f:ch f:c"},
    {"packWeight", "#r #c f:rc f:rc"},
    {"gather", "c:gc #c u:r f:rc"},
};

}  // namespace palimpsest::fuzz
