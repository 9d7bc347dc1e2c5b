import { ApiError } from "./api-error.ts";
import { ok, type Handler } from "./call.ts";
import { findDeployment } from "./find-deployment.ts";
import { assignDomains, findProject, productionOf } from "./project.ts";

export const rollingRelease: Handler = (platform, { param, teamId }) => {
  const project = findProject(platform, param("project"), teamId);
  if (project.canary === null) return ok({ rollingRelease: null });
  return ok({
    rollingRelease: {
      state: "ACTIVE",
      activeStage: { index: 0, targetPercentage: 10, requireApproval: true },
      currentDeployment: { id: productionOf(platform, project)?.id },
      canaryDeployment: { id: project.canary },
    },
  });
};

export const completeRollingRelease: Handler = (platform, { param, teamId }) => {
  const project = findProject(platform, param("project"), teamId);
  if (project.canary === null) throw new ApiError(409, "conflict", "There is no active rolling release");
  assignDomains(platform, project, findDeployment(platform, project.canary, teamId));
  return ok({});
};
