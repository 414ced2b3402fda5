/** The worlds around the arm: one cube to pick, or five boxes to arrange. Figures are those of gym-hil's scenes. */
import { ARM_ACTUATORS, ARM_BODY, ARM_DEFAULTS, ARM_MATERIALS } from "./arm.ts";
import { GRIPPER_ACTUATOR, GRIPPER_CONSTRAINTS, GRIPPER_DEFAULTS } from "./gripper.ts";

/** Half the edge of every cube, in metres; also the height of a resting cube's centre. */
export const CUBE_HALF_SIZE_M = 0.02;

/** The boxes of the arrangement task, in order: name and colour. Each has a target of the same colour. */
const ARRANGED_BOXES = [
  { name: "block1", rgb: "1 0 0" },
  { name: "block2", rgb: "0 0 1" },
  { name: "block3", rgb: "0.1 0.3 0.1" },
  { name: "block4", rgb: "0.2 0.66 0.32" },
  { name: "block5", rgb: "0.6 0.3 0.6" },
] as const;

function cube(name: string, position: string, rgb: string): string {
  return `
    <body name="${name}" pos="${position}">
      <freejoint name="${name}"/>
      <geom name="${name}" type="box" size="${CUBE_HALF_SIZE_M} ${CUBE_HALF_SIZE_M} ${CUBE_HALF_SIZE_M}" mass="0.1" rgba="${rgb} 1"/>
    </body>`;
}

function scene(name: string, litBody: string, objects: string, sensors: string): string {
  return `<mujoco model="${name}">
  <compiler angle="radian" autolimits="true"/>
  <option timestep="0.002" noslip_iterations="5" noslip_tolerance="0"/>
  <statistic center="0.3 0 0.4" extent="0.8"/>
  <visual>
    <headlight ambient="0.5 0.5 0.5" diffuse="0.4 0.4 0.4" specular="0.5 0.5 0.5"/>
  </visual>
  <default>${ARM_DEFAULTS}${GRIPPER_DEFAULTS}
  </default>
  <asset>
    <texture name="sky" type="skybox" builtin="gradient" rgb1="0.3 0.5 0.7" rgb2="0 0 0" width="64" height="384"/>
    <texture name="grid" type="2d" builtin="checker" rgb1="0.1 0.2 0.3" rgb2="0.2 0.3 0.4" width="64" height="64"/>
    <material name="grid" texture="grid" texrepeat="2 2" texuniform="true"/>${ARM_MATERIALS}
  </asset>
  <worldbody>
    <camera name="front" pos="1.3 0 0.7" quat="0.5963678 0.3799282 0.3799282 0.5963678" fovy="45"/>
    <camera name="overview" pos="1.15 -1.05 0.8" xyaxes="1.05 0.9 0 -0.423 0.4935 1.9125" fovy="38"/>
    <light name="ceiling" pos="0 0 3" dir="0 0 -1" diffuse="1 1 1" specular="0.3 0.3 0.3"/>
    <light name="side" pos="0 -0.5 0.4" mode="targetbodycom" target="${litBody}" diffuse="0.8 0.8 0.8" specular="0.3 0.3 0.3"/>
    <geom name="floor" type="plane" size="0 0 0.01" material="grid"/>${ARM_BODY}${objects}
    <body name="target" pos="0.15 0 0.5" quat="0 1 0 0" mocap="true">
      <geom name="target" type="box" size="0.03 0.03 0.03" group="4" contype="0" conaffinity="0" rgba="0.6 0.3 0.3 0"/>
    </body>
  </worldbody>${GRIPPER_CONSTRAINTS}
  <actuator>${ARM_ACTUATORS}${GRIPPER_ACTUATOR}
  </actuator>
  <sensor>
    <framepos name="pinch" objtype="site" objname="pinch"/>${sensors}
  </sensor>
</mujoco>
`;
}

const positionSensor = (geom: string) => `
    <framepos name="${geom}" objtype="geom" objname="${geom}"/>`;

/** MJCF of the pick task: one purple cube. */
export const PICK_CUBE_MJCF = scene(
  "panda_pick_cube",
  "block",
  cube("block", `0.5 0 ${CUBE_HALF_SIZE_M}`, "0.6 0.3 0.6"),
  positionSensor("block"),
);

/** MJCF of the arrangement task: five coloured cubes and five flat targets. */
export const ARRANGE_BOXES_MJCF = scene(
  "panda_arrange_boxes",
  "block1",
  ARRANGED_BOXES.map(({ name, rgb }, i) => {
    const y = 0.15 * (i - 2);
    const target = `
    <geom name="target${i + 1}" type="box" pos="0.5 ${y} 0" size="0.05 0.05 0.005" contype="0" conaffinity="0" rgba="${rgb} 0.35"/>`;
    return cube(name, `0.3 ${y} ${CUBE_HALF_SIZE_M}`, rgb) + target;
  }).join(""),
  ARRANGED_BOXES.map(({ name }, i) => positionSensor(name) + positionSensor(`target${i + 1}`)).join(""),
);
