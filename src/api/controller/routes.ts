import { hostRoutes } from "./routes/hosts.ts";
import { labRoutes } from "./routes/labs.ts";
import { projectRoutes } from "./routes/projects.ts";
import { serverRoutes } from "./routes/server.ts";
import { sessionRoutes } from "./routes/session.ts";
import { topologyRoutes } from "./routes/topologies.ts";
import { userRoutes } from "./routes/users.ts";

export type { Access, ControllerRoute } from "./routes/route.ts";

/** The controller's own routes. Besides, everything of the lab API is there for each lab, below its address (proxy). */
export const controllerRoutes = {
  ...sessionRoutes,
  ...userRoutes,
  ...projectRoutes,
  ...topologyRoutes,
  ...labRoutes,
  ...hostRoutes,
  ...serverRoutes,
} as const;

export type ControllerRoutes = typeof controllerRoutes;
export type ControllerRouteName = keyof ControllerRoutes;
